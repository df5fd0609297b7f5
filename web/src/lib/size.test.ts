import { expect, it } from "vitest";

import { fileSize } from "@/lib/size";

it.each([
  [0, "0 byte"],
  [999, "999 byte"],
  [12_400, "12 kB"],
  [3_440_000, "3.4 MB"],
  [5_000_000_000_000, "5,000 GB"],
])("says %d bytes as %s", (bytes, said) => {
  expect(fileSize(bytes, "en")).toBe(said);
});
