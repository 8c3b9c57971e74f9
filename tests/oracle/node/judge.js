// What `wechatpay-axios-plugin` says: one question as JSON on stdin, one answer on stdout.
'use strict';

const { Aes, Formatter, Rsa } = require('wechatpay-axios-plugin');

const QUESTIONS = {
  // Does the signature of a request verify?
  verifies: ({ method, target, timestamp, nonce, body, signature, publicKey }) => Rsa.verify(
    Formatter.request(method, target, timestamp, nonce, body),
    signature,
    Rsa.from(publicKey, Rsa.KEY_TYPE_PUBLIC),
  ),
  // The pay sheet's signature.
  paySign: ({ parts, privateKey }) => Rsa.sign(
    Formatter.joinedByLineFeed(...parts),
    Rsa.from(privateKey, Rsa.KEY_TYPE_PRIVATE),
  ),
  // A notice, sealed and signed.
  notice: ({ content, kind, event, apiv3Key, nonce, timestamp, privateKey }) => {
    const resource = {
      algorithm: 'AEAD_AES_256_GCM',
      original_type: kind,
      associated_data: kind,
      nonce,
      ciphertext: Aes.AesGcm.encrypt(JSON.stringify(content), apiv3Key, nonce, kind),
    };
    const body = JSON.stringify({
      id: 'f7b7c2b0-0000-4000-8000-000000000000',
      event_type: event,
      resource_type: 'encrypt-resource',
      resource,
    });
    const message = Formatter.response(timestamp, nonce, body);
    return { body, signature: Rsa.sign(message, Rsa.from(privateKey, Rsa.KEY_TYPE_PRIVATE)) };
  },
  // A notice of ours, verified and opened.
  opens: ({ body, timestamp, nonce, signature, publicKey, apiv3Key }) => {
    const message = Formatter.response(timestamp, nonce, body);
    if (!Rsa.verify(message, signature, Rsa.from(publicKey, Rsa.KEY_TYPE_PUBLIC))) return null;
    const sealed = JSON.parse(body).resource;
    return JSON.parse(
      Aes.AesGcm.decrypt(sealed.ciphertext, apiv3Key, sealed.nonce, sealed.associated_data),
    );
  },
  // A bill's rows and its closing line.
  bill: ({ content }) => Formatter.castCsvBill(Buffer.from(content, 'base64')),
};

let text = '';
process.stdin.on('data', (piece) => { text += piece; });
process.stdin.on('end', () => {
  const { question, ...asked } = JSON.parse(text);
  process.stdout.write(JSON.stringify({ answer: QUESTIONS[question](asked) }));
});
