/** Texts of the preview frame. It cannot read the app's language, so it uses the browser's. */
const en = {
  broken: "Cannot show this preview.",
  nothing: "No component found. Export one: export default function App() { … }",
  unknown: "Cannot import “{name}”. Available: {known}.",
};
const de: typeof en = {
  broken: "Die Vorschau kann nicht angezeigt werden.",
  nothing: "Keine Komponente gefunden. Exportiere eine: export default function App() { … }",
  unknown: "„{name}“ kann nicht importiert werden. Verfügbar: {known}.",
};

export function say(key: keyof typeof en, values: Readonly<Record<string, string>> = {}): string {
  const text = (navigator.language.startsWith("de") ? de : en)[key];
  return text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => values[name] ?? hole);
}
