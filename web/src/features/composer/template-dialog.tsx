import { useState } from "react";

import type { Part, PromptTemplate } from "@/api/client";
import { TemplatePreview } from "@/components/fields/template-preview";
import { VariableFields } from "@/components/fields/variable-fields";
import { missingValues } from "@/components/fields/variable-values";
import { Button } from "@/components/ui/button";
import { Dialog, DialogFooter } from "@/components/ui/dialog";
import { queryClient } from "@/data/client";
import { type VariableValues, renderedPromptQuery } from "@/data/prompt-templates";
import { useT } from "@/i18n";
import type { Choices } from "@/lib/drafts";

interface Props {
  template: PromptTemplate;
  onSend: (parts: Part[], choices: Choices) => void;
  onClose: () => void;
}

/** Asks for the values of a template's variables, shows the prompt, and sends it. */
export default function TemplateDialog({ template, onSend, onClose }: Props) {
  const t = useT();
  const [values, setValues] = useState<VariableValues>({});
  const ready = missingValues(template.variables, values).length === 0;
  const send = () => {
    if (!ready) return;
    // The server makes the text; until then, the one of the preview is shown.
    const text = queryClient.getQueryData(renderedPromptQuery(template, values).queryKey) ?? template.name;
    onClose();
    onSend([{ type: "text", text }], { prompt: template.id, variables: values });
  };
  return (
    <Dialog open onOpenChange={onClose} title={template.name} description={template.description}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation(); // the message field around it is a form too
          send();
        }}
      >
        <VariableFields variables={template.variables} values={values} onChange={setValues} />
        <TemplatePreview template={template} values={values} />
        <DialogFooter>
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button type="submit" variant="primary" autoFocus={template.variables.length === 0} disabled={!ready}>
            {t("composer.send")}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
