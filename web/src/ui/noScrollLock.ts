/**
 * Stands in for the lock that Ant Design puts on the page's scrolling under a dialog. The body of this page never scrolls,
 * and the lock's style sheets carry no nonce, so that the content security policy would refuse them.
 */
export default function useScrollLocker(): void {}
