import type { Messages } from './message-key';

export const de: Messages = {
  'auth.login.invalid_credentials': 'Ungültige Anmeldedaten',
  'auth.forbidden': 'Das ist dir nicht erlaubt.',
  'rate_limit.exceeded': 'Zu viele Anfragen. Versuche es später noch einmal.',
  'request.method_not_allowed': 'Diese Methode ist hier nicht erlaubt.',
  'service.internal': 'Bei uns ist etwas schiefgegangen.',
  'service.unavailable': 'Der Dienst ist gerade nicht erreichbar. Versuche es später noch einmal.',
  'user.not_found': 'Diese Person gibt es nicht.',
  'user.block.already_blocked': 'Du hast diese Person schon blockiert.',
  'user.block.list_full': 'Deine Blockierliste ist voll.',
  'user.block.not_blocked': 'Du hast diese Person nicht blockiert.',
  'user.block.self': 'Du kannst dich nicht selbst blockieren.',
  'validation.failed': 'Die Benutzer-ID ist keine gültige UUID.',
};
