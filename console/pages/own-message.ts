import * as z from "zod/mini";

/** What the API says of one's own messages: the one place that knows its shapes. */
export const ownMessageShape = z.object({
  id: z.string(),
  at: z.string(),
  with: z.string(),
  direction: z.enum(["sent", "received"]),
  body: z.nullable(z.string()),
  encrypted: z.boolean(),
  /** The body in parts, those that were searched for marked. */
  excerpt: z.optional(z.array(z.object({ text: z.string(), hit: z.boolean() }))),
});
export type OwnMessage = z.infer<typeof ownMessageShape>;

export const conversationShape = z.object({ with: z.string(), last: ownMessageShape });
export type Conversation = z.infer<typeof conversationShape>;

/** What is looked for; members that are empty say nothing. */
export interface OwnSearch {
  readonly text: string;
  readonly with: string;
  readonly from: string;
  readonly to: string;
}
