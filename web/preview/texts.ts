/** The few words of a preview, in the language of the browser: the app around it cannot be asked. */
const en = {
  broken: "This cannot be shown.",
  nothing: "There is no component here. Export one: export default function App() { … }",
  unknown: "“{name}” cannot be imported here. There are: {known}.",
};
const de: typeof en = {
  broken: "Das lässt sich nicht anzeigen.",
  nothing: "Hier ist keine Komponente. Exportiere eine: export default function App() { … }",
  unknown: "„{name}“ lässt sich hier nicht importieren. Es gibt: {known}.",
};

export function say(key: keyof typeof en, values: Readonly<Record<string, string>> = {}): string {
  const text = (navigator.language.startsWith("de") ? de : en)[key];
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole);
}
