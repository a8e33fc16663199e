import type { Column } from "../ui/table.tsx";

/** Somebody whom a room knows by address; the name, if it is a person of the tenant. */
interface RoomPerson {
  readonly name: string | null;
  readonly jid: string;
}

/** The column that says who it is: name and address. */
export function personColumn<Row extends RoomPerson>(title: string): Column<Row> {
  return {
    key: "jid",
    title,
    text: ({ name, jid }) => (name === null ? jid : `${name} (${jid})`),
    cell: ({ name, jid }) =>
      name === null ? (
        jid
      ) : (
        <>
          {name} <span className="soft">{jid}</span>
        </>
      ),
  };
}

/** What a button or a question calls them. */
export const nameOf = ({ name, jid }: RoomPerson): string => name ?? jid;
