/** The event parser beneath ltx: @types/ltx describes it as CommonJS, which it is not. */
declare module "ltx/src/parsers/ltx.js" {
  import type { EventEmitter } from "node:events";
  export default class SaxLtx extends EventEmitter {
    write(data: string): void;
    end(data?: string): void;
  }
}
