/**
 * Meetings of a tenant's people in the conferences of the XMPP server: as its module tells them (conference-feed.ts), and
 * as it answers when it is asked, at the start of the stream, each half minute, and when something was missed.
 */
import type { Redis } from "ioredis";
import { attr, x } from "../components/stanza.ts";
import { KontorError } from "../platform/errors.ts";
import { openActivities } from "./activity.ts";
import { changeOfConference, conferencesQuestion, pageOfConferences } from "./conference-feed.ts";
import { forgetFeed, meetingSince, type Outcome, silentFeed, takeChange, takePage } from "./core-meetings.ts";
import type { OpenPart } from "./part.ts";

/** Milliseconds. */
interface MeetingsTiming {
  readonly ask: number;
  /** How long an answer may take. */
  readonly answer: number;
  /** Without an answer for so long the feed is dead, and nobody is shown in a meeting. */
  readonly dead: number;
}

export interface MeetingsDeps {
  /** For live state: fails at once while Redis is away. */
  readonly redis: Redis;
  readonly timing?: MeetingsTiming;
}

const usualTiming: MeetingsTiming = { ask: 30_000, answer: 10_000, dead: 90_000 };

/** Answers that were torn by changes are asked for anew, so often at once; after that it waits for the next turn. */
const MAX_TORN = 3;

/** Shows people of the tenant in meetings while they are in conferences of the server, and publishes it on their behalf. */
export const meetingsPart =
  ({ redis, timing = usualTiming }: MeetingsDeps): OpenPart =>
  (context, people) => {
    const activities = openActivities(context, people, redis);
    const { domain, tenant, log } = context;
    const host = `conference.${tenant.domain}`;
    const feed = silentFeed();
    // Counts streams: an answer on an earlier one says nothing of this.
    let stream = 0;
    let online = false;
    let asking = false;
    let again = false;
    let death: NodeJS.Timeout | undefined;
    let troubled = false;

    const show = ({ people: changed, ask }: Outcome): void => {
      for (const localpart of changed) people.setMeeting(localpart, meetingSince(feed, localpart));
      if (ask) askSoon();
    };

    const alive = () => {
      clearTimeout(death);
      death = setTimeout(() => {
        if (feed.byPerson.size > 0) log.warn("Conferences cannot be heard: nobody is shown in a meeting any more");
        show(forgetFeed(feed));
        activities.look();
      }, timing.dead);
    };

    const askForAll = async (mine: number): Promise<void> => {
      let after: string | undefined;
      do {
        const question = x("iq", { type: "get", from: domain, to: host }, conferencesQuestion(after));
        const answer = (await context.request(question, timing.answer)).getChild(
          pageOfConferences.name,
          pageOfConferences.ns,
        );
        if (mine !== stream) return;
        if (!answer) throw new KontorError("service-unavailable", "The answer holds no conferences");
        const page = pageOfConferences.read(answer);
        const outcome = takePage(feed, page, after === undefined);
        show(outcome);
        if (outcome.ask) return;
        const last = page.conferences.at(-1)?.room;
        after = page.more && last !== after ? last : undefined;
      } while (after !== undefined);
      alive();
      activities.look();
      troubled = false;
    };

    const ask = async (): Promise<void> => {
      const mine = stream;
      asking = true;
      try {
        for (let turn = 0; turn < MAX_TORN && mine === stream; turn += 1) {
          again = false;
          await askForAll(mine);
          if (!again) break;
        }
      } catch (error) {
        if (!troubled && mine === stream)
          log.warn("The XMPP server does not tell who is in conferences; meetings are not shown until it does", {
            error,
          });
        troubled = true;
      } finally {
        asking = false;
      }
      if (online && mine !== stream) askSoon();
    };

    const askSoon = (): void => {
      again = true;
      if (online && !asking) void ask();
    };

    const turns = setInterval(askSoon, timing.ask);

    const rest = () => {
      stream += 1;
      online = false;
      clearTimeout(death);
      activities.rest();
      show(forgetFeed(feed));
    };

    return {
      privileges: activities.privileges,
      message: ({ stanza, from }) => {
        if (from.domain !== host || from.local !== "" || attr(stanza, "type") === "error") return false;
        const told = stanza.getChild(changeOfConference.name, changeOfConference.ns);
        if (!told) return false;
        if (online) show(takeChange(feed, changeOfConference.read(told)));
        return true;
      },
      onReady: () => {
        online = true;
        alive();
        askSoon();
      },
      onOffline: rest,
      close: async () => {
        clearInterval(turns);
        rest();
      },
    };
  };
