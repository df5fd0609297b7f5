// Unpacks the browser into `unpacked/`, with the libraries that a small machine may not have, and prints its path.
import { chmod, mkdir, access, rename, rm } from "node:fs/promises";
import { createReadStream, createWriteStream } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";

import { extract } from "tar-fs";

const here = dirname(fileURLToPath(import.meta.url));
const packed = join(here, "node_modules", "@sparticuz", "chromium", "bin");
const unpacked = join(here, "node_modules", ".unpacked");
const browser = join(unpacked, "chromium");

async function unpack() {
  const draft = `${unpacked}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const from = (name) => [createReadStream(join(packed, name)), createBrotliDecompress()];
  await pipeline(...from("chromium.br"), createWriteStream(join(draft, "chromium")));
  await pipeline(...from("al2023.tar.br"), extract(draft));
  await pipeline(...from("swiftshader.tar.br"), extract(draft));
  await chmod(join(draft, "chromium"), 0o755);
  await rename(draft, unpacked).catch(() => rm(draft, { recursive: true }));
}

await access(browser).catch(unpack);
console.log(browser);
