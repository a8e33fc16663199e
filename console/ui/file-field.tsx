import { FieldFrame } from "./field.tsx";

interface FileProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  /** As in HTML: `.csv,text/csv`. */
  readonly accept: string;
}

export function FileField({ name, label, hint, accept }: FileProps) {
  return (
    <FieldFrame name={name} label={label} hint={hint} required>
      {(attributes) => <input {...attributes} type="file" accept={accept} />}
    </FieldFrame>
  );
}
