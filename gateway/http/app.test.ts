import { afterEach, describe, expect, it } from "@jest/globals";
import { Validator } from "@seriousme/openapi-schema-validator";
