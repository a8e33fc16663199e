export const de = {
  title: "Übersicht",
  lead: "Wer Sie hier sind und was Sie hier tun können.",
  greeting: "Guten Tag, {{name}}. Das können Sie hier tun:",
};

export const en: typeof de = {
  title: "Overview",
  lead: "Who you are here and what you can do.",
  greeting: "Hello {{name}}. This is what you can do here:",
};
