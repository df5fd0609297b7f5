// What no page may hold, whoever wrote what is shown in it: gives one line for each such thing.
() => {
  const ELEMENTS = "script, iframe, object, embed, base, meta, link, style, [srcdoc], [formaction], form[action]";
  const PICTURES = /^(blob:|data:image\/(png|jpeg|gif|webp);)/;
  const page = document.querySelector("#root");
  const found = [...page.querySelectorAll(ELEMENTS)];
  for (const one of document.querySelectorAll("*")) {
    if ([...one.attributes].some(({ name }) => name.startsWith("on"))) found.push(one);
    if (one.localName === "a" && one.hasAttribute("href")) {
      const away = one.host && one.host !== location.host;
      if (!/^(https?|mailto|blob):$/.test(one.protocol)) found.push(one);
      else if (away && one.rel !== "noopener noreferrer") found.push(one);
    }
    const source = one.localName === "img" ? one.src : "";
    if (source && !PICTURES.test(source) && new URL(source).host !== location.host) found.push(one);
  }
  return found.map((one) => one.outerHTML.slice(0, 200));
};
