# What Windows is like right now: boot time, build, servicing, pending restart, image state.
# Dot-sourced behind common.ps1; it does nothing by itself.
[CmdletBinding()]
param()

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$IngotServicing = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing'

# Winlogon's sign that a start of Windows is over.
$IngotLogonChecked = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon\AutoLogonChecked'

# UTC, ISO 8601. The start of the session manager, the first process of a boot: it is stamped once, while LastBootUpTime
# moves whenever the clock is corrected, which VMware Tools and the time service do after each start.
function Get-IngotBootTime {
    $managers = @(Get-CimInstance -ClassName Win32_Process -Filter "Name = 'smss.exe'" | Where-Object -FilterScript { $null -ne $_.CreationDate })
    $first = $managers | Sort-Object -Property CreationDate | Select-Object -First 1
    $boot = if ($null -ne $first) { $first.CreationDate } else { (Get-CimInstance -ClassName Win32_OperatingSystem).LastBootUpTime }
    return $boot.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ss.fffZ', [Globalization.CultureInfo]::InvariantCulture)
}

function Get-IngotOsBuild {
    $path = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    return '{0}.{1}' -f (Get-RegistryValue -Path $path -Name 'CurrentBuild'), (Get-RegistryValue -Path $path -Name 'UBR' -Default 0)
}

# Component Based Servicing: absent or 0 idle, 1 waits for a restart, 2 working. TiWorker's life says nothing: it stays
# for hours on 2019 and 2022 and may never exit on 2025.
function Get-ServicingState {
    return [int](Get-RegistryValue -Path "$IngotServicing\Interface" -Name 'ServicingInProgress' -Default 0)
}

# Why Windows wants a restart. These are subkeys, not values. PendingFileRenameOperations is a note only (Get-RestartNote).
function Get-PendingReboot {
    if (Test-Path -LiteralPath "$IngotServicing\RebootPending") { 'CBS\RebootPending' }
    if (@(Get-ChildItem -LiteralPath "$IngotServicing\PackagesPending" -ErrorAction SilentlyContinue).Count -gt 0) { 'CBS\PackagesPending' }
    if ((Get-ServicingState) -eq 1) { 'CBS\Interface ServicingInProgress=1' }
    if (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') { 'WindowsUpdate\RebootRequired' }
    if (Test-Path -LiteralPath (Join-Path -Path $env:SystemRoot -ChildPath 'WinSxS\pending.xml')) { 'WinSxS\pending.xml' }
    $names = 'HKLM:\SYSTEM\CurrentControlSet\Control\ComputerName'
    $active = Get-RegistryValue -Path "$names\ActiveComputerName" -Name 'ComputerName'
    $wanted = Get-RegistryValue -Path "$names\ComputerName" -Name 'ComputerName'
    if ($active -ne $wanted) { "ComputerName $active -> $wanted" }
}

# What may be a reason for a restart and mostly is none: PendingFileRenameOperations is set all the time by programs that are
# content without one, and Sysprep only warns about it.
function Get-RestartNote {
    foreach ($name in @('PendingFileRenameOperations', 'PendingFileRenameOperations2')) {
        $files = @(Get-RegistryValue -Path 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' -Name $name -Default @() | Where-Object -FilterScript { $_ -ne '' })
        if ($files.Count -gt 0) { '{0}: {1} entries, the first {2}' -f $name, $files.Count, $files[0] }
    }
}

# Whether ingot's own folders belong to SYSTEM and Administrators alone. Where SFTP made them they inherit from
# C:\ProgramData, which lets every user add files.
function Test-IngotFolderPrivate {
    $own = [System.Security.Principal.WindowsIdentity]::GetCurrent().User.Value
    foreach ($path in @($IngotFolder, (Join-Path -Path $IngotFolder -ChildPath 'scripts'))) {
        if (-not (Test-Path -LiteralPath $path -PathType Container)) { continue }
        $security = [System.IO.Directory]::GetAccessControl($path, 'Access, Owner')
        if (@('S-1-5-18', 'S-1-5-32-544', $own) -notcontains $security.GetOwner([System.Security.Principal.SecurityIdentifier]).Value) { return $false }
        foreach ($rule in $security.GetAccessRules($true, $true, [System.Security.Principal.SecurityIdentifier])) {
            if (@('S-1-5-18', 'S-1-5-32-544') -notcontains $rule.IdentityReference.Value) { return $false }
        }
    }
    return $true
}

function Get-ImageState {
    return [string](Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State' -Name 'ImageState' -Default '')
}
