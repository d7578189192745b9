import { DomainError } from '../errors';

export const deliveryNotFound = () => new DomainError('delivery.not_found', 'Delivery not found');

export const deliveryErased = () =>
  new DomainError(
    'delivery.erased',
    'The user whom the event is about was erased, and the content of the event with her: there is nothing to send.',
  );

export const receiverGone = () =>
  new DomainError('delivery.receiver_gone', 'There is nobody any more to whom this could be sent.');

export const superseded = () =>
  new DomainError(
    'delivery.superseded',
    'The receiver has been told what happened to the user since: this would come after it, and be taken for the newest.',
  );
