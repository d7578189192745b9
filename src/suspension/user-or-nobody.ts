/** Guardhouse's .NET client sends 0 where nothing was set. */
export const userOrNobody = (id: number | undefined): number | null =>
  id === undefined || id === 0 ? null : id;
