/** Styles that scripts put in carry it: the server's content security policy lets no others in. */
export const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
