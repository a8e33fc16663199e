/** The load process: apart from all that is measured, so that it takes no time from any of it. Started by load-process.ts. */
import { type Crowd, gather } from "./crowd.ts";
import { type Command, command, type Reply } from "./protocol.ts";

let crowd: Crowd | undefined;

async function carryOut(asked: Command): Promise<Reply> {
  if (asked.do === "connect") {
    crowd = await gather(asked, asked.people);
    return { ok: true };
  }
  if (!crowd) throw new Error("nobody is connected yet");
  if (asked.do === "join") {
    await crowd.join(asked.room, asked.occupants);
    return { ok: true };
  }
  if (asked.do === "enter") return { ok: true, entered: await crowd.enter(asked.room, asked) };
  const pace = asked.do === "flood" ? { window: asked.window } : { perSecond: asked.perSecond };
  return { ok: true, outcome: await crowd.play(asked.room, asked.label, asked.messages, pace) };
}

const answer = (reply: Reply): void => void process.send?.(reply);

process.on("message", (data) => {
  carryOut(command.parse(data)).then(answer, (error: unknown) =>
    answer({ ok: false, error: error instanceof Error ? error.message : String(error) }),
  );
});
// Whoever started this is gone: nobody needs the load any more.
process.on("disconnect", () => process.exit());
