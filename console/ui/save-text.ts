/** Hands a text to the browser as a file to keep. */
export function saveText(name: string, type: string, text: string): void {
  // The mark tells spreadsheets that it is UTF-8.
  saveFile(name, new Blob([type.startsWith("text/csv") ? `\ufeff${text}` : text], { type }));
}

/** Hands a file to the browser to keep. */
export function saveFile(name: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
