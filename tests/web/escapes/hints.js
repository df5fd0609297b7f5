ways({
  "look-up": async () => {
    put("link", { rel: "dns-prefetch", href: AWAY }, document.head);
    await settle();
  },
  connection: async () => {
    put("link", { rel: "preconnect", href: AWAY }, document.head);
    await settle();
  },
  prefetch: async () => {
    put("link", { rel: "prefetch", href: `${AWAY}/prefetch` }, document.head);
    await settle();
  },
  preload: async () => {
    put("link", { rel: "preload", as: "image", href: `${AWAY}/preload` }, document.head);
    await settle();
  },
  module: async () => {
    put("link", { rel: "modulepreload", href: `${AWAY}/modulepreload` }, document.head);
    await settle();
  },
  prerender: async () => {
    put("link", { rel: "prerender", href: `${AWAY}/prerender` }, document.head);
    await settle();
  },
  speculation: async () => {
    put("script", { type: "speculationrules" }).textContent = JSON.stringify({ prefetch: [{ source: "list", urls: [`${AWAY}/speculation`], eagerness: "immediate" }] });
    await settle();
  },
  icon: async () => {
    put("link", { rel: "icon", href: `${AWAY}/icon` }, document.head);
    await settle();
  },
  manifest: async () => {
    put("link", { rel: "manifest", href: `${AWAY}/manifest` }, document.head);
    await settle();
  },
});
