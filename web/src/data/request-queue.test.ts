import { expect, test } from "vitest";

import { enqueueRequest, trackRequest } from "@/data/request-queue";

/** A request that the test completes. */
class Request {
  answer!: () => void;
  refuse!: () => void;
  private readonly answered: Promise<string>;

  constructor(
    private readonly name: string,
    private readonly log: string[],
  ) {
    this.answered = new Promise((resolve, reject) => {
      this.answer = () => resolve(name);
      this.refuse = () => reject(new Error(name));
    });
  }

  readonly send = (): Promise<string> => {
    this.log.push(this.name);
    return this.answered;
  };
}

/** Named requests, and a log of those that were sent. */
function requests(...names: string[]) {
  const log: string[] = [];
  return { log, sent: names.map((name) => new Request(name, log)) as [Request, Request, Request] };
}

const turn = () => new Promise((done) => setTimeout(done));

test("what is about one conversation is sent in the order in which it was asked for", async () => {
  const { log, sent } = requests("rename", "say", "other");
  const [rename, say, other] = sent;
  const first = enqueueRequest(["one", "two"], rename.send);
  const second = enqueueRequest(["two"], say.send);
  const third = enqueueRequest(["three"], other.send);
  await turn();
  expect(log).toEqual(["rename", "other"]);
  rename.answer();
  await first;
  await turn();
  expect(log).toEqual(["rename", "other", "say"]);
  say.answer();
  other.answer();
  expect(await second).toBe("say");
  expect(await third).toBe("other");
});

test("what was refused stands in nobody's way", async () => {
  const { log, sent } = requests("rename", "say");
  const [rename, say] = sent;
  const first = enqueueRequest(["one"], rename.send);
  const second = enqueueRequest(["one"], say.send);
  rename.refuse();
  say.answer();
  await expect(first).rejects.toThrow("rename");
  expect(await second).toBe("say");
  expect(log).toEqual(["rename", "say"]);
});

test("what may bear on all conversations is waited for by each", async () => {
  const { log, sent } = requests("project", "say");
  const [project, say] = sent;
  void trackRequest(project.send());
  const said = enqueueRequest(["one"], say.send);
  await turn();
  expect(log).toEqual(["project"]);
  project.answer();
  say.answer();
  expect(await said).toBe("say");
});
