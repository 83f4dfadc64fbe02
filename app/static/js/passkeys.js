// A form whose answer is a passkey's: the browser is asked when it is sent. Linked only by pages that have one.
{
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));

  const create = async (options) => navigator.credentials.create({ publicKey: {
    ...options,
    challenge: toBytes(options.challenge),
    user: { ...options.user, id: toBytes(options.user.id) },
    excludeCredentials: named(options.excludeCredentials),
  } });
  const get = async (options) => navigator.credentials.get({ publicKey: {
    ...options, challenge: toBytes(options.challenge), allowCredentials: named(options.allowCredentials),
  } });

  // As the server reads it; what one kind of answer does not have is left out.
  const write = ({ id, rawId, type, response }) => {
    const parts = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
    const held = parts.filter((name) => response[name]).map((name) => [name, toText(response[name])]);
    return JSON.stringify({ id, rawId: toText(rawId), type, response: Object.fromEntries(held) });
  };

  const ask = async (form) => {
    const sent = await fetch(form.dataset.options, {
      method: "POST", headers: { "X-CSRFToken": form.elements.csrf_token.value },
    });
    if (!sent.headers.get("Content-Type")?.startsWith("application/json")) {
      window.location.reload();
      return null;
    }
    return (form.dataset.kind === "create" ? create : get)(await sent.json());
  };

  cms.modules.passkey = (form) => {
    const trouble = form.querySelector(".cms-passkey-trouble");
    const say = (words) => { trouble.textContent = words; trouble.hidden = !words; };
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      say("");
      if (!navigator.credentials || !window.PublicKeyCredential) {
        say("This browser has no passkeys here. They need a secure address.");
        return;
      }
      try {
        const made = await ask(form);
        if (!made) return;
        form.elements.answer.value = write(made);
        form.submit();
      } catch (error) {
        say(error.name === "InvalidStateError" ? "This passkey was added already."
          : error.name === "SecurityError" ? "Passkeys do not work at this address. Use the one that is named here."
            : "No passkey was used. Try again, or use another way.");
      }
    });
  };
  for (const form of document.querySelectorAll("[data-module=passkey]")) cms.modules.passkey(form);
}
