/** Hands a text to the browser as a file to keep. */
export function saveText(name: string, type: string, text: string): void {
  // The mark tells spreadsheets that it is UTF-8.
  const url = URL.createObjectURL(new Blob([type.startsWith("text/csv") ? `\ufeff${text}` : text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
