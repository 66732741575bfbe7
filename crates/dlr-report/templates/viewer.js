"use strict";
(async () => {
  const cases = JSON.parse(document.getElementById("viewer-data").textContent);
  const [canvas, status, chosen, roi, map] =
    ["canvas", "status", "case", "roi", "map"].map((name) => document.getElementById("viewer-" + name));
  try {
    const viewer = new niivue.Niivue({ backColor: [0, 0, 0, 1], crosshairWidth: 0.25, logLevel: "silent" });
    await viewer.attachToCanvas(canvas);
    // As in the figures: the patient's right on the left, noses to the left.
    viewer.opts.isRadiologicalConvention = true;
    viewer.opts.sagittalNoseLeft = true;
    viewer.opts.multiplanarShowRender = niivue.SHOW_RENDER.ALWAYS;
    viewer.setSliceType(viewer.sliceTypeMultiplanar);
    // Nothing, the tumour, the ring.
    const regions = { R: [0, 230, 60], G: [0, 40, 130], B: [0, 40, 255], A: [0, 220, 220], I: [0, 128, 255] };
    viewer.addColormap("regions", regions);
    const layers = [
      { key: "image", colormap: "gray" },
      { key: "roi", colormap: "regions", cal_min: 0, cal_max: 2 },
      { key: "map", colormap: "warm", colormapNegative: "winter" },
    ];
    const opacities = () => [1, roi.value / 100, map.value / 100];
    const show = async () => {
      while (viewer.volumes.length > 0) viewer.removeVolumeByIndex(0);
      const volumes = cases[Number(chosen.value)];
      for (const [at, { key, ...look }] of layers.entries()) {
        const name = key + ".nii.gz";
        const layer = { base64: volumes[key], name, opacity: opacities()[at], ...look };
        const volume = await niivue.NVImage.loadFromBase64(layer);
        if (key === "map") {
          // Weak values say little and would cover the image: a fifth of the largest is where colour begins.
          const largest = Math.max(Math.abs(volume.global_min), Math.abs(volume.global_max)) || 1;
          [volume.cal_min, volume.cal_max] = [largest / 5, largest];
          [volume.cal_minNeg, volume.cal_maxNeg] = [-largest / 5, -largest];
        }
        viewer.addVolume(volume);
      }
      status.textContent = volumes.case + ", " + viewer.volumes.length + " layers.";
    };
    const fade = () => opacities().forEach((opacity, at) => viewer.setOpacity(at, opacity));
    chosen.addEventListener("change", show);
    [roi, map].forEach((slider) => slider.addEventListener("input", fade));
    await show();
  } catch (error) {
    status.textContent = "The viewer could not start (it needs WebGL 2): " + error.message;
  }
})();
