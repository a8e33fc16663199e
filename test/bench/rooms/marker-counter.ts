/**
 * Counts how often a marker occurs in a stream of bytes, also where it lies across two packets. It must cost the
 * receiving side almost nothing, hence no parser of XML.
 */
export interface MarkerCounter {
  /** Gives how many occurrences ended in this packet. The packet may be overwritten afterwards. */
  count(packet: Buffer): number;
}

/** `marker` must not overlap with itself. */
export function createMarkerCounter(marker: string): MarkerCounter {
  const wanted = Buffer.from(marker);
  const most = wanted.length - 1;
  let tail = Buffer.alloc(0);

  const occurrences = (bytes: Buffer): number => {
    let found = 0;
    for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + wanted.length)) found += 1;
    return found;
  };

  return {
    count: (packet) => {
      // What lies across holds at least one byte of the tail, and the tail alone is too short for the marker.
      const across = tail.length === 0 ? 0 : occurrences(Buffer.concat([tail, packet.subarray(0, most)]));
      const found = across + occurrences(packet);
      const end = packet.subarray(-most);
      tail = end.length === most ? Buffer.from(end) : Buffer.concat([tail, end]).subarray(-most);
      return found;
    },
  };
}
