import { type Detail, type Row, rounded, row } from "../benchmark.ts";
import { median, percentile } from "../statistics.ts";
import { copiesPerSecond, type Measured, type Plan, type Round } from "./measure.ts";

/** The rows of the benchmark: the first of `measured` beside each of the others. Pure. */
export function compared([ours, ...peers]: readonly Measured[], plan: Plan): Row[] {
  if (!ours) return [];
  return peers.flatMap((peer) => [delivered(ours, peer, plan), ...delays(ours, peer, plan)]);
}

function delivered(ours: Measured, peer: Measured, plan: Plan): Row {
  const rates = (each: Measured) => each.floods.map(copiesPerSecond);
  return row(
    `${plan.occupants} occupants: copies delivered, beside ${peer.candidate.name}`,
    median(rates(ours)),
    median(rates(peer)),
    "copies/s",
    {
      ...{ better: "more", occupants: plan.occupants, messages: plan.flood.messages, window: plan.flood.window },
      rounds: { ours: rates(ours).map(Math.round), peer: rates(peer).map(Math.round) },
      cpuSecondsPerRound: { ours: cpuOf(ours.floods), peer: cpuOf(peer.floods) },
    },
  );
}

function delays(ours: Measured, peer: Measured, plan: Plan): Row[] {
  const figures = [
    { what: "sender's own copy", of: (each: Measured) => each.paced.flatMap((round) => round.own) },
    { what: "last occupant's copy", of: (each: Measured) => each.paced.flatMap((round) => round.last) },
  ];
  return figures.flatMap(({ what, of }) =>
    [0.5, 0.99].map((share) =>
      row(
        `${plan.occupants} occupants: time to the ${what}, p${share * 100}, beside ${peer.candidate.name}`,
        percentile(of(ours), share),
        percentile(of(peer), share),
        "ms",
        {
          ...{ better: "less", occupants: plan.occupants, messagesPerSecond: plan.pace.perSecond },
          ...{ samples: of(ours).length, cpuSecondsPerRound: { ours: cpuOf(ours.paced), peer: cpuOf(peer.paced) } },
        },
      ),
    ),
  );
}

/** The median of each process over the rounds. */
function cpuOf(rounds: readonly Round[]): Detail {
  const names = Object.keys(rounds[0]?.cpu ?? {});
  return Object.fromEntries(names.map((name) => [name, rounded(median(rounds.map((round) => round.cpu[name] ?? 0)))]));
}
