import type { Messages } from './message-key';

export const fr: Messages = {
  'auth.login.invalid_credentials': 'Identifiants non valides',
  'auth.forbidden': 'Vous n’êtes pas autorisé à faire cela.',
  'rate_limit.exceeded': 'Trop de requêtes. Réessayez plus tard.',
  'request.method_not_allowed': 'Cette méthode n’est pas autorisée ici.',
  'service.internal': 'Une erreur s’est produite de notre côté.',
  'service.unavailable': 'Le service n’est pas disponible pour le moment. Réessayez plus tard.',
  'user.not_found': 'Cette personne n’existe pas.',
  'user.block.already_blocked': 'Vous avez déjà bloqué cette personne.',
  'user.block.list_full': 'Votre liste de blocage est pleine.',
  'user.block.not_blocked': 'Vous n’avez pas bloqué cette personne.',
  'user.block.self': 'Vous ne pouvez pas vous bloquer vous-même.',
  'validation.failed': 'L’identifiant de l’utilisateur n’est pas un UUID valide.',
};
