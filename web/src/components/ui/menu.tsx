import { CheckIcon, ChevronRightIcon } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ComponentProps, ReactNode } from "react";

import { cn } from "@/lib/cn";

export const Menu = Radix.Root;
export const MenuTrigger = Radix.Trigger;
export const MenuRadioGroup = Radix.RadioGroup;

export function MenuContent({ className, ...props }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content sideOffset={4} collisionPadding={8} className={cn("menu", className)} {...props} />
    </Radix.Portal>
  );
}

export function MenuItem({
  icon,
  danger = false,
  shortcut,
  children,
  className,
  ...props
}: ComponentProps<typeof Radix.Item> & { icon?: ReactNode; danger?: boolean; shortcut?: ReactNode }) {
  return (
    <Radix.Item className={cn("menu-row", danger && "text-danger data-highlighted:bg-danger-soft", className)} {...props}>
      {icon}
      <span className="flex-1">{children}</span>
      {shortcut}
    </Radix.Item>
  );
}

/** A menu item whose only child is a link. */
export function MenuLink({ children }: { children: ReactNode }) {
  return (
    <Radix.Item asChild className="menu-row">
      {children}
    </Radix.Item>
  );
}

export function MenuRadioItem({ children, className, ...props }: ComponentProps<typeof Radix.RadioItem>) {
  return (
    <Radix.RadioItem className={cn("menu-row", className)} {...props}>
      <span className="flex-1">{children}</span>
      <Radix.ItemIndicator>
        <CheckIcon />
      </Radix.ItemIndicator>
    </Radix.RadioItem>
  );
}

export function MenuCheckboxItem({ children, className, ...props }: ComponentProps<typeof Radix.CheckboxItem>) {
  return (
    <Radix.CheckboxItem className={cn("menu-row", className)} {...props}>
      <span className="min-w-0 flex-1 truncate">{children}</span>
      <Radix.ItemIndicator>
        <CheckIcon />
      </Radix.ItemIndicator>
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-2.5 py-1.5 text-xs text-muted">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}

/** A menu item that opens a submenu. */
export function SubMenu({ icon, label, children }: { icon?: ReactNode; label: string; children: ReactNode }) {
  return (
    <Radix.Sub>
      <Radix.SubTrigger className="menu-row data-[state=open]:bg-hover">
        {icon}
        <span className="flex-1">{label}</span>
        <ChevronRightIcon className="text-muted" />
      </Radix.SubTrigger>
      <Radix.Portal>
        <Radix.SubContent sideOffset={4} collisionPadding={8} className="menu">
          {children}
        </Radix.SubContent>
      </Radix.Portal>
    </Radix.Sub>
  );
}
