import { jwtVerify, createLocalJWKSet } from 'jose';
import { rememberSigned } from '../../src/security-events/poll/remember-signed';
import { newSigner } from './stream-fixtures';

const header = { typ: 'secevent+jwt' };
const currentKid = () => Promise.resolve('k');

describe('tokens that are asked for again and again', () => {
  it('are signed once, and differently where what they tell is different', async () => {
    const { sign, jwks } = await newSigner();
    let signatures = 0;
    const remembering = rememberSigned({
      currentKid,
      sign(...what) {
        signatures++;
        return sign(...what);
      },
    });
    const told = () => remembering({ jti: 'one', reason_admin: 'Spam' }, header);
    const [first, second] = await Promise.all([told(), told()]);
    expect([second, await told()]).toEqual([first, first]);
    expect(signatures).toBe(1);
    // Her reasons were taken away since.
    const without = await remembering({ jti: 'one' }, header);
    const { payload } = await jwtVerify(without, createLocalJWKSet(jwks));
    expect([payload, signatures]).toEqual([{ jti: 'one' }, 2]);
  });

  it('are signed anew by the key that signs now, and never come again as a withdrawn one has signed them', async () => {
    let kid = 'leaked';
    const signing = {
      currentKid: () => Promise.resolve(kid),
      sign: () => Promise.resolve(`signed by ${kid}`),
    };
    const sign = rememberSigned(signing);
    expect(await sign({ jti: 'one' }, header)).toBe('signed by leaked');
    kid = 'new';
    expect(await sign({ jti: 'one' }, header)).toBe('signed by new');
  });

  it('are signed anew where that failed', async () => {
    let isAway = true;
    const sign = rememberSigned({
      currentKid,
      sign: () => (isAway ? Promise.reject(new Error('the keys are away')) : Promise.resolve('signed')),
    });
    await expect(sign({ jti: 'one' }, header)).rejects.toThrow('the keys are away');
    isAway = false;
    await expect(sign({ jti: 'one' }, header)).resolves.toBe('signed');
  });

  it('take no more memory however many they are', async () => {
    const signed: string[] = [];
    const sign = rememberSigned({
      currentKid,
      sign({ jti = '' }) {
        signed.push(jti);
        return Promise.resolve(jti);
      },
    });
    for (let token = 0; token <= 1_000; token++) await sign({ jti: String(token) }, header);
    await sign({ jti: '1000' }, header);
    expect(signed).toHaveLength(1_001);
    await sign({ jti: '0' }, header);
    expect(signed.slice(-1)).toEqual(['0']);
  });
});
