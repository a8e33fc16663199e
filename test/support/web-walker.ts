/** A browser as far as HTTP goes: cookies by host and port, redirects one by one. */
export class WebWalker {
  readonly #jars = new Map<string, Map<string, string>>();

  cookies(url: string): Map<string, string> {
    const { host } = new URL(url);
    const jar = this.#jars.get(host) ?? new Map<string, string>();
    this.#jars.set(host, jar);
    return jar;
  }

  /** One request; redirects are not followed. */
  async ask(url: string, init: RequestInit = {}): Promise<Response> {
    const jar = this.cookies(url);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const answer = await fetch(url, { ...init, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "" || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
    return answer;
  }

  /** Follows redirects until a page comes or the next address is one that `stop` knows. */
  async follow(
    first: string,
    stop: (url: string) => boolean,
    init?: RequestInit,
  ): Promise<{ url: string; body: string }> {
    let url = first;
    let answer = await this.ask(url, init);
    for (let hops = 0; hops < 20; hops += 1) {
      const location = answer.headers.get("location");
      if (location === null) return { url, body: await answer.text() };
      url = new URL(location, url).href;
      if (stop(url)) return { url, body: "" };
      answer = await this.ask(url);
    }
    throw new Error(`redirected without end, at last to ${url}`);
  }

  /** Sends the only form of a page with these values. */
  async submit(page: { url: string; body: string }, values: Record<string, string>, stop: (url: string) => boolean) {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.body)?.[1];
    if (!action) throw new Error(`no form at ${page.url}: ${page.body.slice(0, 300)}`);
    const hidden = [...page.body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)];
    const fields = Object.fromEntries(hidden.map(([, name = "", value = ""]) => [name, value]));
    const body = new URLSearchParams({ ...fields, ...values });
    return this.follow(new URL(action, page.url).href, stop, { method: "POST", body });
  }
}
