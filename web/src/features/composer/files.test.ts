import { expect, it, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
const { isText, mediaType, partsOf, pastedFiles } = await import("@/features/composer/files");

const bytes = (text: string) => new TextEncoder().encode(text);

it("knows text when it sees it, even if a character is cut in two", () => {
  expect(isText(bytes("print('ä')"))).toBe(true);
  expect(isText(bytes("ä").slice(0, 1))).toBe(true);
  expect(isText(new Uint8Array([0xff, 0xd8, 0xff]))).toBe(false);
  expect(isText(bytes("a\0b"))).toBe(false);
});

it("tells a model what it can read, whatever the browser believes", async () => {
  expect(await mediaType(new File(["export {}"], "a.ts", { type: "video/mp2t" }))).toBe("text/plain");
  expect(await mediaType(new File(["# a"], "a.md", { type: "text/markdown" }))).toBe("text/markdown");
  expect(await mediaType(new File(["not really"], "a.png", { type: "image/png" }))).toBe("image/png");
  expect(await mediaType(new File([new Uint8Array([0, 1, 2])], "a.bin"))).toBe("application/octet-stream");
});

it("makes the parts of a message: files first, then what is said, without the emptiness around it", () => {
  const file = { blob: "b", name: "a.png", media_type: "image/png", size: 1, at: 0 };
  const pdf = { ...file, name: "a.pdf", media_type: "application/pdf" };
  expect(partsOf({ text: "\n  \n  indented\n\nlast  \n", files: [file, pdf] })).toEqual([
    { type: "image", blob: "b", media_type: "image/png", name: "a.png" },
    { type: "file", blob: "b", media_type: "application/pdf", name: "a.pdf" },
    { type: "text", text: "  indented\n\nlast" },
  ]);
  expect(partsOf({ text: " \n ", files: [] })).toEqual([]);
});

it("takes a pasted picture, but not the picture of a pasted table", () => {
  const picture = new File([""], "a.png");
  const files = [picture] as unknown as FileList;
  expect(pastedFiles({ files, types: ["Files"] })).toEqual([picture]);
  expect(pastedFiles({ files, types: ["text/html", "Files"] })).toEqual([picture]);
  expect(pastedFiles({ files, types: ["text/plain", "text/html", "Files"] })).toEqual([]);
});
