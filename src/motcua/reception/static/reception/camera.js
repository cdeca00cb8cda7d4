// A card's code read by the camera, where there is one: what is read goes where a scanner would type it.
(() => {
  "use strict";
  if (!navigator.mediaDevices?.getUserMedia || !globalThis.WebAssembly) return;
  const dialog = document.getElementById("may-anh");
  const video = dialog.querySelector("video"), words = dialog.querySelector("[role=status]");
  let stream, library;

  // The library comes with the first look through the camera, never with the page.
  const load = () => library ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = dialog.dataset.reader;
    script.onload = () => {
      ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => dialog.dataset.code } });
      done(ZXingWASM);
    };
    script.onerror = (event) => { library = null; script.remove(); fail(event); };
    document.head.append(script);
  });
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = video.srcObject = null;
  };
  // The text of the first code that is seen; nothing when the dialog is closed before.
  const look = async ({ readBarcodes }) => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    while (dialog.open) {
      const { videoWidth: width, videoHeight: height } = video;
      if (width) {
        Object.assign(pen.canvas, { width, height });
        pen.drawImage(video, 0, 0);
        const [code] = await readBarcodes(pen.getImageData(0, 0, width, height), { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
        if (code) return new TextDecoder().decode(code.bytes);
      }
      await new Promise((go) => setTimeout(go, 60));
    }
  };

  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("[data-camera]");
    if (!button || dialog.open) return;
    words.textContent = dialog.dataset.wait;
    dialog.showModal();
    try {
      const seen = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
      stop();
      stream = seen;
      if (!dialog.open) return stop();
      video.srcObject = stream;
      await video.play();
      words.textContent = dialog.dataset.aim;
      const text = await look(await load());
      if (!text) return;
      dialog.close();
      const scan = document.getElementById(button.dataset.camera);
      scan.value = text;
      document.querySelector(scan.dataset.scan)?.click();
    } catch (error) {
      stop();
      words.textContent = error.name === "NotAllowedError" ? dialog.dataset.denied : dialog.dataset.failed;
    }
  });
  dialog.addEventListener("close", stop);
  document.documentElement.classList.add("has-camera");
})();
