// node --import loopback.mjs start.mjs MODULES DATA PLC_PORT PDS_PORT: a directory of identities and a server of accounts.
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'

const [modules, data, plcPort, pdsPort] = process.argv.slice(2)
const load = createRequire(`${modules}/`)
const { PDS, envToCfg, envToSecrets } = load('@atproto/pds')
const { Secp256k1Keypair } = load('@atproto/crypto')
const { Database, PlcServer } = load('@did-plc/server')

await PlcServer.create({ db: Database.mock(), port: Number(plcPort) }).start()
const key = await Secp256k1Keypair.create({ exportable: true })
const env = {
  port: Number(pdsPort),
  hostname: 'localhost',
  devMode: true,
  disableSsrfProtection: true,
  inviteRequired: false,
  serviceHandleDomains: ['.test'],
  dataDirectory: data,
  blobstoreDiskLocation: `${data}/blobs`,
  didPlcUrl: `http://localhost:${plcPort}`,
  bskyAppViewUrl: 'https://appview.invalid',
  bskyAppViewDid: 'did:example:invalid',
  modServiceUrl: 'https://moderation.invalid',
  modServiceDid: 'did:example:invalid',
  crawlers: [],
  jwtSecret: randomBytes(16).toString('hex'),
  adminPassword: randomBytes(16).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: Buffer.from(await key.export()).toString('hex'),
}
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()
