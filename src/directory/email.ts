const EMAIL_SUFFIX_CHARACTERS = 7;
const ALPHANUMERICS = "abcdefghijklmnopqrstuvwxyz0123456789";

/** `<name>-<7 random alphanumerics>@<domain>`: the form that STACKIT's Terraform provider parses. */
export function generateEmail(name: string, domain: string): string {
  let suffix = "";
  while (suffix.length < EMAIL_SUFFIX_CHARACTERS) {
    const [byte = 255] = crypto.getRandomValues(new Uint8Array(1));
    // 252 is the last multiple of 36 in a byte: beyond it some characters would come up more often.
    if (byte < 252) suffix += ALPHANUMERICS[byte % ALPHANUMERICS.length];
  }
  return `${name}-${suffix}@${domain}`;
}
