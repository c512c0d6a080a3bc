export {}; export const stubPlugin = () => ({ name: "stub" });
