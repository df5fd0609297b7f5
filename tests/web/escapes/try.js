/**
 * What a page tries in order to get out of its preview. Each way gives what it got hold of, or nothing; what comes to
 * another host is counted there. It is tried at a click, with all that a browser allows to what a person clicked at.
 * HOME is the server, AWAY another host; ONLY names the one way to try, for those after which there is no page.
 */
const after = (time) => new Promise((done) => setTimeout(done, time));
/** Long enough for what gives no answer: the planted bug shows that it is. */
const settle = () => after(500);

function put(name, fields, parent = document.body) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(fields)) made.setAttribute(key, value);
  parent.append(made);
  return made;
}

const rule = (text) => put("style", {}).append(text);

const loads = (made) =>
  new Promise((done) => {
    made.addEventListener("load", () => done("loaded"));
    made.addEventListener("open", () => done("open"));
    made.addEventListener("error", () => done());
  });

async function attempt(name, way) {
  console.info(`tried ${name}`);
  try {
    const found = await Promise.race([way(), after(3000)]);
    console.info(found ? `got ${name}: ${found}` : `nothing ${name}`);
  } catch (error) {
    console.info(`refused ${name}: ${error}`);
  }
}

function ways(all) {
  const chosen = Object.entries(all).filter(([name]) => !ONLY || ONLY === name);
  document.querySelector("#go").addEventListener("click", async () => {
    await Promise.all(chosen.map(([name, way]) => attempt(name, way)));
    console.info("done");
  });
}
