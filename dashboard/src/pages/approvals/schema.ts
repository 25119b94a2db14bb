// Forms that MCP servers ask for: the few kinds of fields that their JSON Schema may have, and what may stand in each.
//
// Source: ElicitRequestFormParams of the Model Context Protocol, 2025-11-25.

interface Common {
  name: string;
  label: string;
  hint: string | undefined;
  isRequired: boolean;
}

export interface Option {
  value: string;
  title: string;
}

export interface TextField extends Common {
  kind: "text";
  format: "text" | "email" | "uri" | "date" | "date-time";
  minLength: number | undefined;
  maxLength: number | undefined;
  initial: string;
}

export interface NumberField extends Common {
  kind: "number";
  isWhole: boolean;
  minimum: number | undefined;
  maximum: number | undefined;
  initial: string;
}

export interface FlagField extends Common {
  kind: "flag";
  initial: boolean;
}

export interface ChoiceField extends Common {
  kind: "choice";
  options: Option[];
  initial: string;
}

/** Any number of the options. */
export interface ChoicesField extends Common {
  kind: "choices";
  options: Option[];
  minItems: number | undefined;
  maxItems: number | undefined;
  initial: string[];
}

export type FormField = TextField | NumberField | FlagField | ChoiceField | ChoicesField;
/** What stands in a field, as its control has it. */
export type Value = string | boolean | string[];
/** By the names of the fields, which are whatever the server calls them. */
export type Values = ReadonlyMap<string, Value>;

type Json = Record<string, unknown>;

/** The fields of a form, in its order; `undefined` where one of them is of a kind that this page does not know. */
export function fieldsOf(schema: unknown): FormField[] | undefined {
  const { properties, required } = object(schema);
  const names = Array.isArray(required) ? required : [];
  const fields = Object.entries(object(properties)).map(([name, property]) =>
    field(name, object(property), names.includes(name)),
  );
  return fields.length > 0 && fields.every((field) => field !== undefined) ? fields : undefined;
}

export const initialValues = (fields: FormField[]): Values =>
  new Map(fields.map(({ name, initial }) => [name, initial]));

/** What is wrong with a value, for the person who entered it. */
export function problemOf(field: FormField, value: Value | undefined): string | undefined {
  switch (field.kind) {
    case "text":
      return textProblem(field, String(value ?? ""));
    case "number":
      return numberProblem(field, String(value ?? "").trim());
    case "choice":
      return field.isRequired && value === "" ? "Choose one." : undefined;
    case "choices":
      return choicesProblem(field, Array.isArray(value) ? value.length : 0);
    case "flag":
      return undefined;
  }
}

/** The form's content. What may be left out and was is not in it. */
export function contentOf(fields: FormField[], values: Values): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = values.get(field.name) ?? field.initial;
      const isLeftOut = !field.isRequired && (value === "" || (Array.isArray(value) && value.length === 0));
      return isLeftOut ? [] : [[field.name, told(field, value)]];
    }),
  );
}

function told(field: FormField, value: Value): unknown {
  if (field.kind === "number") {
    return Number(value);
  }
  // The control has the person's own time, and no zone.
  return field.kind === "text" && field.format === "date-time"
    ? new Date(String(value)).toISOString()
    : value;
}

function field(name: string, schema: Json, isRequired: boolean): FormField | undefined {
  const common = {
    name,
    label: text(schema["title"]) ?? name,
    hint: text(schema["description"]),
    isRequired,
  };
  const options = optionsOf(schema);
  const given = schema["default"];
  switch (schema["type"]) {
    case "string": {
      if (options !== undefined) {
        return { ...common, kind: "choice", options, initial: text(given) ?? "" };
      }
      const format = formatOf(schema["format"]);
      const initial = format === "date-time" ? localTime(given) : (text(given) ?? "");
      return {
        ...common,
        kind: "text",
        format,
        minLength: number(schema["minLength"]),
        maxLength: number(schema["maxLength"]),
        initial,
      };
    }
    case "number":
    case "integer":
      return {
        ...common,
        kind: "number",
        isWhole: schema["type"] === "integer",
        minimum: number(schema["minimum"]),
        maximum: number(schema["maximum"]),
        initial: typeof given === "number" ? String(given) : "",
      };
    case "boolean":
      return { ...common, kind: "flag", initial: given === true };
    case "array": {
      const items = optionsOf(object(schema["items"]));
      const initial = Array.isArray(given) ? given.map(String) : [];
      return (
        items && {
          ...common,
          kind: "choices",
          options: items,
          minItems: number(schema["minItems"]),
          maxItems: number(schema["maxItems"]),
          initial,
        }
      );
    }
    default:
      return undefined;
  }
}

/** `enum`, with titles in `enumNames` where there are some; or `oneOf` and `anyOf`, each with its title. */
function optionsOf(schema: Json): Option[] | undefined {
  const { enum: values, enumNames, oneOf, anyOf } = schema;
  if (Array.isArray(values)) {
    const titles = Array.isArray(enumNames) ? enumNames : [];
    return values.map((value, index) => ({
      value: String(value),
      title: text(titles[index]) ?? String(value),
    }));
  }
  const titled = [oneOf, anyOf].find(Array.isArray) as unknown[] | undefined;
  return titled?.map(object).map((option) => ({
    value: String(option["const"]),
    title: text(option["title"]) ?? String(option["const"]),
  }));
}

function textProblem(
  { format, minLength = 0, maxLength = Infinity, isRequired }: TextField,
  value: string,
): string | undefined {
  // As JSON Schema counts.
  const length = [...value].length;
  if (length === 0) {
    return isRequired ? "This is needed." : undefined;
  }
  if (length < minLength || length > maxLength) {
    return `It has ${characters(length)}; ${bounds(minLength || undefined, maxLength, characters)}.`;
  }
  switch (format) {
    case "email":
      return /^[^\s@]+@[^\s@]+$/.test(value) ? undefined : "This is no mail address.";
    case "uri":
      return URL.canParse(value)
        ? undefined
        : "This is no address; one begins with https:// or another scheme.";
    case "date":
    case "date-time":
      return Number.isNaN(Date.parse(value)) ? "This is no date." : undefined;
    case "text":
      return undefined;
  }
}

function numberProblem(
  { isWhole, minimum, maximum, isRequired }: NumberField,
  value: string,
): string | undefined {
  if (value === "") {
    return isRequired ? "This is needed." : undefined;
  }
  const given = Number(value);
  if (!Number.isFinite(given)) {
    return "This is no number.";
  }
  if (isWhole && !Number.isInteger(given)) {
    return "This is no whole number.";
  }
  const isWithin = given >= (minimum ?? -Infinity) && given <= (maximum ?? Infinity);
  return isWithin ? undefined : `${bounds(minimum, maximum, String, "It")}.`;
}

function choicesProblem(
  { minItems = 0, maxItems = Infinity, isRequired }: ChoicesField,
  count: number,
): string | undefined {
  const isLeftOut = count === 0 && !isRequired;
  return isLeftOut || (count >= minItems && count <= maxItems)
    ? undefined
    : `${bounds(minItems || undefined, maxItems, String, "The number of them")}.`;
}

/** `it must be 3 to 8`, `… at least 3`, `… at most 8`. */
function bounds(
  least: number | undefined,
  most = Infinity,
  say: (value: number) => string = String,
  what = "it",
): string {
  if (least !== undefined && most !== Infinity) {
    return `${what} must be ${least} to ${say(most)}`;
  }
  return `${what} must be ${least === undefined ? `at most ${say(most)}` : `at least ${say(least)}`}`;
}

const characters = (count: number) => (count === 1 ? "1 character" : `${count} characters`);
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);

function formatOf(format: unknown): TextField["format"] {
  return (["email", "uri", "date", "date-time"] as const).find((known) => known === format) ?? "text";
}

/** A moment as the control for it has one: in the person's own time, without a zone. */
function localTime(moment: unknown): string {
  const time = Date.parse(String(moment));
  if (Number.isNaN(time)) {
    return "";
  }
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
