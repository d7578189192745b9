/**
 * A secret that an answer shows once. Where that answer was lost, the call was repeated by its key and answered without:
 * whoever asked for the secret has to know that nobody has it.
 * @param instead how another one is had
 */
export const shownOnce = (secret: string | undefined, instead: string): string =>
  secret ?? `was lost on its way; ${instead}`;
