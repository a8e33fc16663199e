/** The API reference: a plain page made from the OpenAPI document. No script, so that the strictest policy holds. */
import { z } from "zod";
import { type Html, html } from "./html.ts";
import type { Language } from "./language.ts";
import { layout } from "./layout.ts";
import { texts } from "./texts.ts";

const parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean().default(false),
  description: z.string().optional(),
  schema: z.looseObject({ description: z.string().optional() }).optional(),
});
const answer = z.looseObject({
  $ref: z.string().optional(),
  description: z.string().optional(),
  content: z.record(z.string(), z.unknown()).optional(),
});
const operation = z.object({
  operationId: z.string(),
  tags: z.array(z.string()),
  summary: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(parameter),
  requestBody: z.looseObject({ content: z.record(z.string(), z.looseObject({ schema: z.unknown() })) }).optional(),
  responses: z.record(z.string(), answer),
});
const documentSchema = z.looseObject({
  tags: z.array(z.object({ name: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ responses: z.record(z.string(), answer) }),
});

type Operation = z.infer<typeof operation>;
type Answer = z.infer<typeof answer>;

/** Makes the page of each language from an OpenAPI document of ours. */
export function referencePage(document: unknown, language: Language): string {
  const { tags, paths, components } = documentSchema.parse(document);
  const text = texts[language];
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, each]) => ({ path, method, each })),
  );
  return layout({
    language,
    title: `${text.reference} – ${text.name}`,
    self: "/api/docs",
    body: html`
      <h1>${text.reference}</h1>
      <p class="lead">${text.referenceText} <a href="/api/v1/openapi.json">openapi.json</a></p>
      <nav aria-label="${text.contents}"><ul>${tags.map(({ name }) => html`<li><a href="#${name}">${name}</a></li>`)}</ul></nav>
      ${tags.map(
        ({ name }) => html`
      <section aria-labelledby="${name}"><h2 id="${name}">${name}</h2>${all
        .filter(({ each }) => each.tags.includes(name))
        .map(({ path, method, each }) => operationPart(path, method, each, components.responses, language))}
      </section>`,
      )}`,
  });
}

function operationPart(
  path: string,
  method: string,
  each: Operation,
  shared: Readonly<Record<string, Answer>>,
  language: Language,
): Html {
  const text = texts[language];
  const scopes = new Set(each.security.flatMap((scheme) => Object.values(scheme).flat()));
  const who = each.security.length === 0 ? text.open : text.session;
  const body = Object.values(each.requestBody?.content ?? {}).map(({ schema }) => schema);
  return html`
    <article aria-labelledby="${each.operationId}">
      <h3 id="${each.operationId}"><code>${method.toUpperCase()} ${path}</code></h3>
      <p lang="en">${each.summary}</p>
      <p class="small">${scopes.size === 0 ? who : html`${text.permission}: <code>${[...scopes].join(", ")}</code>`}</p>
      ${each.parameters.length === 0 ? "" : html`<h4>${text.parameters}</h4><ul>${each.parameters.map(parameterItem)}</ul>`}
      ${body.map((schema) => block(text.requestBody, schema))}
      <details><summary>${text.answers}</summary><ul lang="en">${Object.entries(each.responses).map(([status, given]) => answerItem(status, given, shared))}</ul></details>
    </article>`;
}

const parameterItem = ({ name, in: where, required, description, schema }: z.infer<typeof parameter>): Html =>
  html`<li><code>${name}${required ? " *" : ""}</code> (${where}) <span lang="en">${description ?? schema?.description ?? ""}</span></li>`;

/** A problem is the same for all operations: its schema stands in the document once. */
function answerItem(status: string, given: Answer, shared: Readonly<Record<string, Answer>>): Html {
  const { description = "" } = shared[given.$ref?.split("/").at(-1) ?? ""] ?? given;
  return html`<li><code>${status}</code> ${description}${given.content ? block("Schema", given.content) : ""}</li>`;
}

const block = (title: string, value: unknown): Html =>
  html`<details><summary>${title}</summary><pre tabindex="0"><code>${JSON.stringify(value, null, 2)}</code></pre></details>`;
