export {
  createCertificateAuthority,
  type CertificateAuthority,
  type LeafOptions,
  type ServerCertificate,
} from '../../src/testing/index.ts'
