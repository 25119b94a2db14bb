/** Where a person types what they look for. */
export function SearchField({
  label,
  placeholder,
  value,
  onChange,
}: {
  /** What is searched, for those who hear the page. */
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <input
      className="input"
      type="search"
      aria-label={label}
      placeholder={placeholder}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
