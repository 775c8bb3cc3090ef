# tools-conf.ps1: who may write to the file, and what VMware Tools make of it.
[CmdletBinding()]
param()

Pester\Describe 'tools-conf.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')

        # An access list as Get-Acl returns it, as far as the script looks at it.
        function New-FakeAcl {
            param([Parameter(Mandatory = $true)][string]$Owner, [Parameter(Mandatory = $true)][object[]]$Rule)
            $acl = [pscustomobject]@{ Sddl = "O:$Owner"; Owner = $Owner; Rules = $Rule }
            Add-Member -InputObject $acl -MemberType ScriptMethod -Name GetOwner -Value { [pscustomobject]@{ Value = $this.Owner } }
            Add-Member -InputObject $acl -MemberType ScriptMethod -Name GetAccessRules -Value { $this.Rules }
            return $acl
        }

        function New-FakeRule {
            param([Parameter(Mandatory = $true)][string]$Sid, [Parameter(Mandatory = $true)][long]$Rights, [string]$Type = 'Allow')
            return [pscustomobject]@{ IdentityReference = [pscustomobject]@{ Value = $Sid }; FileSystemRights = $Rights; AccessControlType = $Type }
        }

        # FILE_ALL_ACCESS, read and execute, FILE_WRITE_DATA, generic all, of winnt.h.
        $full, $read, $write, $generic = 0x1F01FF, 0x1200A9, 0x2, 0x10000000
    }

    Pester\BeforeEach {
        Initialize-Guest
        $FakeAcl = @{ now = (New-FakeAcl -Owner 'S-1-5-18' -Rule @((New-FakeRule -Sid 'S-1-5-18' -Rights $full), (New-FakeRule -Sid 'S-1-5-32-545' -Rights $read))) }
        Pester\Mock -CommandName Get-Acl -MockWith { $FakeAcl.now }
    }

    Pester\It 'tells of a file that is missing' {
        $result = Get-ScriptResult -Name 'tools-conf.ps1'
        $result.changed | Pester\Should -BeFalse
        $result.after.exists | Pester\Should -BeFalse
    }

    Pester\It 'returns the bytes as they are' {
        [void](Set-GuestFile -Path 'ProgramData\VMware\VMware Tools\tools.conf' -Text "[guestinfo]`r`nexclude-nics=`r`n")
        $result = Get-ScriptResult -Name 'tools-conf.ps1'
        $result.changed | Pester\Should -BeFalse
        [System.Text.Encoding]::ASCII.GetString([Convert]::FromBase64String($result.after.content)) | Pester\Should -BeExactly "[guestinfo]`r`nexclude-nics=`r`n"
    }

    Pester\It 'asks VMware Tools themselves how they read it' {
        [void](Set-GuestFile -Path 'ProgramData\VMware\VMware Tools\tools.conf' -Text 'x')
        [void](Set-GuestFile -Path 'ProgramFiles\VMware\VMware Tools\VMwareToolboxCmd.exe')
        $Guest.answers['VMwareToolboxCmd.exe'] = { @{ exitCode = 0; output = "exclude-nics = `r`n" } }
        (Get-ScriptResult -Name 'tools-conf.ps1').after.reading | Pester\Should -BeExactly 'exclude-nics ='
        $Guest.native[0].arguments | Pester\Should -Be @('config', 'get', 'guestinfo', 'exclude-nics')
    }

    Pester\It 'says with -Test that <Reason> may write, and changes nothing' -ForEach @(
        @{ Reason = 'a user'; Sid = 'S-1-5-32-545'; Rights = 0x2 }
        @{ Reason = 'a user with generic rights'; Sid = 'S-1-5-32-545'; Rights = 0x10000000 }
        @{ Reason = 'everyone'; Sid = 'S-1-1-0'; Rights = 0x1F01FF }
    ) {
        [void](Set-GuestFile -Path 'ProgramData\VMware\VMware Tools\tools.conf' -Text 'x')
        $FakeAcl.now.Rules += @(New-FakeRule -Sid $Sid -Rights $Rights)
        $result = Get-ScriptResult -Name 'tools-conf.ps1' -Test
        $result.changed | Pester\Should -BeTrue
        $result.evidence | Pester\Should -Be @("may write: $Sid")
    }

    Pester\It 'takes an owner that is neither Administrators nor SYSTEM for one who may write' {
        [void](Set-GuestFile -Path 'ProgramData\VMware\VMware Tools\tools.conf' -Text 'x')
        $FakeAcl.now.Owner = 'S-1-5-21-1-2-3-1001'
        (Get-ScriptResult -Name 'tools-conf.ps1' -Test).evidence | Pester\Should -Be @('may write: S-1-5-21-1-2-3-1001')
    }

    Pester\It 'does not mind an entry that denies' {
        [void](Set-GuestFile -Path 'ProgramData\VMware\VMware Tools\tools.conf' -Text 'x')
        $FakeAcl.now.Rules += @(New-FakeRule -Sid 'S-1-1-0' -Rights $full -Type 'Deny')
        (Get-ScriptResult -Name 'tools-conf.ps1' -Test).changed | Pester\Should -BeFalse
    }

    # With a real file, since only Windows has access lists.
    Pester\It 'takes write access from all others, and then leaves the file alone' -Skip:($env:OS -ne 'Windows_NT') {
        Pester\Mock -CommandName Get-Acl -MockWith { Microsoft.PowerShell.Security\Get-Acl -LiteralPath $LiteralPath }
        $path = Set-GuestFile -Path 'ProgramData\VMware\VMware Tools\tools.conf' -Text 'x'
        $security = New-Object -TypeName System.Security.AccessControl.FileSecurity
        $security.SetSecurityDescriptorSddlForm('D:P(A;;FA;;;BA)(A;;FA;;;WD)', 'Access')
        [System.IO.File]::SetAccessControl($path, $security)
        (Get-ScriptResult -Name 'tools-conf.ps1').changed | Pester\Should -BeTrue
        $again = Get-ScriptResult -Name 'tools-conf.ps1'
        $again.changed | Pester\Should -BeFalse
        $again.after.acl | Pester\Should -Match '^O:BA'
    }
}
