import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, type FormEvent, useState } from "react";

/** The names of the string values. */
type StringName<Values> = {
  [Name in keyof Values]: Values[Name] extends string ? Name : never;
}[keyof Values];

/**
 * Holds the values of a form and submits them. A rejected submission leaves the values unchanged.
 *
 * @param send submits the values. Its promise resolves when all follow-up work is done. `clear` resets the
 *   form.
 */
export function useForm<Values extends object>(
  initial: Values,
  send: (values: Values, clear: () => void) => Promise<unknown>,
) {
  const [values, setValues] = useState(initial);
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => send(values, () => setValues(initial)),
  });
  const set = (changed: Partial<Values>) => setValues({ ...values, ...changed });
  return {
    values,
    set,
    /** Returns the props of a text control: its value and its change handler. */
    field: (name: StringName<Values>) => ({
      value: values[name] as string,
      onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
        set({ [name]: event.target.value } as Partial<Values>),
    }),
    submit: (event?: FormEvent) => {
      event?.preventDefault();
      if (!isPending) {
        mutate();
      }
    },
    error,
    isPending,
  };
}
