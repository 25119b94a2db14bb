import { useMutation } from "@tanstack/react-query";
import { type ChangeEvent, type FormEvent, useState } from "react";

/** Names of the values that are texts. */
type TextName<Values> = { [Name in keyof Values]: Values[Name] extends string ? Name : never }[keyof Values];

/**
 * What is typed into a form, and the sending of it. What is refused leaves all as it was.
 *
 * @param send is over when all that follows from it is done; `clear` empties the form again
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
    /** For a control with text: what stands in it, and what happens when somebody types. */
    field: (name: TextName<Values>) => ({
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
