/** Sends a file and tells how much of it has gone; what `fetch` cannot tell. */
import { away, csrfToken, refusal, url } from "../api/client";

export interface Sending<Answer> {
  answer: Promise<Answer>;
  stop: () => void;
}

/** `onShare` hears the share that was sent, 0 to 1. A stopped sending never answers. */
export function sendFile<Answer>(path: string, file: File, language: string, onShare: (share: number) => void) {
  const request = new XMLHttpRequest();
  const answer = new Promise<Answer>((resolve, reject) => {
    request.open("POST", url(path));
    request.responseType = "json";
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Accept-Language", language);
    const token = csrfToken();
    if (token) request.setRequestHeader("X-CSRF-Token", token);
    request.upload.onprogress = ({ loaded, total }) => onShare(total ? loaded / total : 0);
    request.onerror = () => reject(away());
    request.onload = () =>
      request.status < 300
        ? resolve(request.response as Answer)
        : reject(refusal(request.status, url(path), request.response));
    const form = new FormData();
    form.append("file", file);
    request.send(form);
  });
  return { answer, stop: () => request.abort() } satisfies Sending<Answer>;
}
