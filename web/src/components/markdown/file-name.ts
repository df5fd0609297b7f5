const EXTENSIONS: Readonly<Record<string, string>> = {
  bash: "sh",
  csharp: "cs",
  docker: "dockerfile",
  elixir: "ex",
  golang: "go",
  haskell: "hs",
  javascript: "js",
  julia: "jl",
  kotlin: "kt",
  latex: "tex",
  markdown: "md",
  mermaid: "mmd",
  perl: "pl",
  powershell: "ps1",
  python: "py",
  ruby: "rb",
  rust: "rs",
  shell: "sh",
  typescript: "ts",
  yaml: "yml",
};

/** The file name for saving a code block. */
export function fileName(language: string): string {
  const extension = EXTENSIONS[language] ?? language;
  return `code.${/^[a-z0-9]{1,10}$/.test(extension) ? extension : "txt"}`;
}
