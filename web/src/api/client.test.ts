import { expect, test, vi } from "vitest";

vi.stubGlobal("document", { baseURI: "http://localhost/" });
const { Refused, Unreachable, unwrap: ask, unwrapWithRetry: askAgain } = await import("./client");

const done = { data: { id: "a" }, response: new Response(null, { status: 202 }) };
const refused = { error: { type: "urn:hansard:problem:conflict" }, response: new Response(null, { status: 409 }) };
const unknown = { error: {}, response: new Response(null, { status: 503 }) };

test("what is not answered is asked for again", async () => {
  const answers = [unknown, done];
  let asked = 0;
  const found = await askAgain(() => Promise.resolve(answers[asked++] ?? done));
  expect(found).toEqual({ id: "a" });
  expect(asked).toBe(2);
});

test("what is refused is asked for once", async () => {
  let asked = 0;
  const request = () => Promise.resolve((asked++, refused));
  await expect(askAgain(request)).rejects.toBeInstanceOf(Refused);
  expect(asked).toBe(1);
});

test("what is asked for once is not repeated", async () => {
  await expect(ask(Promise.resolve(unknown))).rejects.toBeInstanceOf(Unreachable);
});

test("a failure of a provider is not one of the server", async () => {
  const failed = { error: { type: "urn:hansard:problem:provider-unavailable", detail: "It is down." }, response: new Response(null, { status: 502 }) };
  await expect(ask(Promise.resolve(failed))).rejects.toEqual(new Refused("provider-unavailable", 502, "It is down.", ""));
});
