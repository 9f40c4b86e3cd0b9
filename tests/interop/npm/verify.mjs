// Verifies a bundle with sigstore-js and a bare public key.  usage: node verify.mjs PUB.pem BUNDLE; exit 0 or 1, the payload's type on stdout.
import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');          // the packages are in the working folder
const { bundleFromJSON } = require('@sigstore/bundle');
const { Verifier, toSignedEntity } = require('@sigstore/verify');

const [pub, file] = process.argv.slice(2);
const publicKey = createPublicKey(readFileSync(pub, 'utf8'));
const material = {
  certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [],
  publicKey: () => ({ publicKey, validFor: () => true }),
};
try {
  const bundle = bundleFromJSON(JSON.parse(readFileSync(file, 'utf8')));
  new Verifier(material, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(bundle));
  console.log('verified', JSON.parse(bundle.content.dsseEnvelope.payload.toString()).predicateType);
} catch (e) {
  console.log('refused', e.code ?? '', e.message);
  process.exit(1);
}
