export {
  createCertificateAuthority,
  type CertificateAuthority,
  type LeafOptions,
  type ServerCertificate,
} from '../../src/cli/demo/certificate-authority.ts'
