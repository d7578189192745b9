import type { Messages } from './message-key';

export const es: Messages = {
  'auth.login.invalid_credentials': 'Credenciales no válidas',
  'auth.forbidden': 'No tienes permiso para hacer esto.',
  'rate_limit.exceeded': 'Demasiadas solicitudes. Inténtalo de nuevo más tarde.',
  'request.method_not_allowed': 'Este método no está permitido aquí.',
  'service.internal': 'Algo ha fallado por nuestra parte.',
  'service.unavailable': 'El servicio no está disponible en este momento. Inténtalo de nuevo más tarde.',
  'user.not_found': 'Esta persona no existe.',
  'user.block.already_blocked': 'Ya has bloqueado a esta persona.',
  'user.block.list_full': 'Tu lista de bloqueos está llena.',
  'user.block.not_blocked': 'No has bloqueado a esta persona.',
  'user.block.self': 'No puedes bloquearte a ti mismo.',
  'validation.failed': 'El identificador de usuario no es un UUID válido.',
};
