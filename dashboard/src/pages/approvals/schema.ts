// Forms that MCP servers ask for: the kinds of fields that their JSON Schema can have, and the validation of
// values.
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

/** A choice of any number of the options. */
export interface ChoicesField extends Common {
  kind: "choices";
  options: Option[];
  minItems: number | undefined;
  maxItems: number | undefined;
  initial: string[];
}

export type FormField = TextField | NumberField | FlagField | ChoiceField | ChoicesField;
/** The value of a field, as its control represents it. */
export type Value = string | boolean | string[];
/** The values by field name. A server may use any name, so this is a map and not an object. */
export type Values = ReadonlyMap<string, Value>;

type Json = Record<string, unknown>;

/** Returns the fields of a form in its order, or `undefined` if it has a field of an unsupported kind. */
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

/** Returns the error message for a value, or `undefined` if the value is valid. */
export function errorOf(field: FormField, value: Value | undefined): string | undefined {
  switch (field.kind) {
    case "text":
      return textError(field, String(value ?? ""));
    case "number":
      return numberError(field, String(value ?? "").trim());
    case "choice":
      return field.isRequired && value === "" ? "Choose an option." : undefined;
    case "choices":
      return choicesError(field, Array.isArray(value) ? value.length : 0);
    case "flag":
      return undefined;
  }
}

/** Returns the form's content. Optional fields without a value are left out. */
export function contentOf(fields: FormField[], values: Values): Record<string, unknown> {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = values.get(field.name) ?? field.initial;
      const isOmitted = !field.isRequired && (value === "" || (Array.isArray(value) && value.length === 0));
      return isOmitted ? [] : [[field.name, contentValue(field, value)]];
    }),
  );
}

function contentValue(field: FormField, value: Value): unknown {
  if (field.kind === "number") {
    return Number(value);
  }
  // The control's value is in local time, without a time zone.
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

/** Returns the options of `enum`, with titles in `enumNames` if given, or those of `oneOf` or `anyOf`. */
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

function textError(
  { format, minLength = 0, maxLength = Infinity, isRequired }: TextField,
  value: string,
): string | undefined {
  // JSON Schema counts code points.
  const length = [...value].length;
  if (length === 0) {
    return isRequired ? "This field is required." : undefined;
  }
  if (length < minLength || length > maxLength) {
    return `Enter ${range(minLength || undefined, maxLength)} characters (currently ${length}).`;
  }
  switch (format) {
    case "email":
      return /^[^\s@]+@[^\s@]+$/.test(value) ? undefined : "Enter a valid email address.";
    case "uri":
      return URL.canParse(value) ? undefined : "Enter a valid URL, such as https://example.com.";
    case "date":
    case "date-time":
      return Number.isNaN(Date.parse(value)) ? "Enter a valid date." : undefined;
    case "text":
      return undefined;
  }
}

function numberError(
  { isWhole, minimum, maximum, isRequired }: NumberField,
  value: string,
): string | undefined {
  if (value === "") {
    return isRequired ? "This field is required." : undefined;
  }
  const given = Number(value);
  if (!Number.isFinite(given)) {
    return "Enter a number.";
  }
  if (isWhole && !Number.isInteger(given)) {
    return "Enter a whole number.";
  }
  const isWithin = given >= (minimum ?? -Infinity) && given <= (maximum ?? Infinity);
  return isWithin ? undefined : `Enter a number: ${range(minimum, maximum)}.`;
}

function choicesError(
  { minItems = 0, maxItems = Infinity, isRequired }: ChoicesField,
  count: number,
): string | undefined {
  const isOmitted = count === 0 && !isRequired;
  return isOmitted || (count >= minItems && count <= maxItems)
    ? undefined
    : `Choose ${range(minItems || undefined, maxItems)}.`;
}

/** Describes a range: `3 to 8`, `at least 3`, `at most 8`. */
function range(min: number | undefined, max = Infinity): string {
  if (min !== undefined && max !== Infinity) {
    return `${min} to ${max}`;
  }
  return min === undefined ? `at most ${max}` : `at least ${min}`;
}

const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);
const number = (value: unknown) => (typeof value === "number" ? value : undefined);

function formatOf(format: unknown): TextField["format"] {
  return (["email", "uri", "date", "date-time"] as const).find((known) => known === format) ?? "text";
}

/** Returns a moment as a `datetime-local` control represents it: in local time, without a time zone. */
function localTime(moment: unknown): string {
  const time = Date.parse(String(moment));
  if (Number.isNaN(time)) {
    return "";
  }
  return new Date(time - new Date(time).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
